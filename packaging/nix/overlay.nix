# SPDX-License-Identifier: MIT OR Apache-2.0
# An overlay: `import ./overlay.nix { source = /path/to/purgatory-1.0.0.tar.xz; }`. kexec-tools for
# aarch64 is then built with this purgatory.
{ source }:

final: prev: {
  # Built for the build machine: the image is the same for every kexec.
  kexec-purgatory = final.buildPackages.callPackage ./kexec-purgatory.nix { inherit source; };

  kexec-tools = prev.kexec-tools.overrideAttrs (
    old:
    final.lib.optionalAttrs final.stdenv.hostPlatform.isAarch64 {
      # By plain cp: the store's files have times of 1970, and make silently builds its own again if
      # this looks older.
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
