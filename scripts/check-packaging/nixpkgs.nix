# SPDX-License-Identifier: MIT OR Apache-2.0
# Stands in for Nixpkgs where packaging/nix is evaluated: kexec-tools as the overlay leaves it, with
# `ours` as the folder that kexec-purgatory is installed in.
{
  aarch64,
  ours,
  overlay,
}:

let
  callPackage =
    file: arguments:
    let
      function = import file;
    in
    function (builtins.intersectAttrs (builtins.functionArgs function) packages // arguments);

  packages = rec {
    inherit callPackage;
    lib = {
      licenses = {
        mit = "MIT";
        asl20 = "Apache-2.0";
      };
      optionalAttrs = condition: set: if condition then set else { };
      platforms.linux = [ "aarch64-linux" ];
    };
    stdenv = {
      hostPlatform.isAarch64 = aarch64;
      # Deeply, so that nothing in it is left unevaluated.
      mkDerivation = attributes: builtins.deepSeq attributes (attributes // { outPath = ours; });
    };
    runCommand = name: attributes: script: builtins.deepSeq attributes script;
    cargo = "cargo";
    lld = "lld";
    makeWrapper = "make-wrapper";
    rustPlatform.rustLibSrc = "library";
    rustc = {
      outPath = "rustc-wrapped";
      unwrapped = "rustc";
    };
    buildPackages = packages;
    kexec-tools.overrideAttrs = change: change { };
  };

  final = packages // import overlay { source = "purgatory.tar.xz"; } final packages;
in
final.kexec-tools.postBuild or ""
