# SPDX-License-Identifier: MIT OR Apache-2.0
# An overlay: `import ./overlay.nix { source = /path/to/purgatory-1.0.0.tar.xz; }`. kexec-tools for
# aarch64 is then built with this purgatory.
{ source }:

final: prev: {
  # For the machine that builds: the image is the same for whatever kexec it goes into.
  kexec-purgatory = final.buildPackages.callPackage ./kexec-purgatory.nix { inherit source; };

  kexec-tools = prev.kexec-tools.overrideAttrs (
    old:
    final.lib.optionalAttrs final.stdenv.hostPlatform.isAarch64 {
      # By plain cp: a file of the store is of 1970, and make builds its own again where this looks
      # older, and says nothing.
      postBuild = (old.postBuild or "") + ''
        cp ${final.kexec-purgatory}/lib/kexec-tools/purgatory.ro purgatory/purgatory.ro
        rm kexec/purgatory.c
        make
        cmp ${final.kexec-purgatory}/lib/kexec-tools/purgatory.ro purgatory/purgatory.ro
        grep -aq 'purgatory: halted' build/sbin/kexec
      '';
    }
  );
}
