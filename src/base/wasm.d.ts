// The bundler gives a .wasm file as its bytes.
declare module '*.wasm' {
  const bytes: Uint8Array;
  export default bytes;
}
