# SPDX-License-Identifier: MIT OR Apache-2.0
# A module of NixOS: the image as the purgatory of the kernel's own kexec_file_load, on aarch64.
#   imports = [ (import ./kernel.nix { source = /path/to/purgatory-1.0.0.tar.xz; }) ];
{ source }:

{ lib, pkgs, ... }:

let
  kexec-purgatory = pkgs.buildPackages.callPackage ./kexec-purgatory.nix { inherit source; };
  kernel = pkgs.linux_6_12.override {
    kernelPatches = pkgs.linux_6_12.kernelPatches ++ [
      {
        name = "kexec-purgatory";
        patch = ../linux/6.12.patch;
        structuredExtraConfig.KEXEC_FILE = lib.kernel.yes;
      }
    ];
  };
in
{
  boot.kernelPackages = pkgs.linuxPackagesFor (
    kernel.overrideAttrs (old: {
      postPatch = (old.postPatch or "") + ''
        cp ${kexec-purgatory}/lib/kexec-tools/purgatory.ro arch/arm64/purgatory/purgatory.ro
      '';
    })
  );
}
