# SPDX-License-Identifier: MIT OR Apache-2.0
# source: purgatory-VERSION.tar.xz, as `make dist` makes it, with the crates.
{
  lib,
  stdenv,
  cargo,
  lld,
  makeWrapper,
  runCommand,
  rustPlatform,
  rustc,
  source,
}:

let
  # Nixpkgs has the compiler and the source of its library separately. core is compiled from that
  # source, so here they are one sysroot again.
  toolchain = runCommand "rustc-with-library" { nativeBuildInputs = [ makeWrapper ]; } ''
    mkdir -p $out
    cp -rs --no-preserve=mode ${rustc.unwrapped}/lib $out/
    mkdir -p $out/lib/rustlib/src/rust
    ln -sT ${rustPlatform.rustLibSrc} $out/lib/rustlib/src/rust/library
    makeWrapper ${rustc}/bin/rustc $out/bin/rustc --add-flags "--sysroot $out"
  '';
in
stdenv.mkDerivation {
  pname = "kexec-purgatory";
  version = "1.0.0";
  src = source;

  nativeBuildInputs = [
    cargo
    lld
    toolchain
  ];

  env.CARGO_NET_OFFLINE = "true";
  preBuild = ''
    export CARGO_HOME=$NIX_BUILD_TOP/cargo-home
  '';

  buildFlags = [
    "all"
    "probe"
  ];

  installPhase = ''
    runHook preInstall
    make install DESTDIR= PREFIX=$out
    runHook postInstall
  '';

  # Without its symbols kexec refuses it.
  dontStrip = true;
  doInstallCheck = true;
  installCheckPhase = ''
    cmp target/purgatory.ro $out/lib/kexec-tools/purgatory.ro
  '';

  meta = {
    description = "Code between two Linux kernels on arm64, which verifies a kexec";
    license = with lib.licenses; [
      mit
      asl20
    ];
    platforms = lib.platforms.linux;
  };
}
