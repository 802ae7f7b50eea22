// The bundler gives a .wasm file as its bytes.
declare module '*.wasm' {
  const bytes: Uint8Array;
  // biome-ignore lint/style/noDefaultExport: this is how the bundler hands them over
  export default bytes;
}
