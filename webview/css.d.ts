// The bundler turns style sheets imported for their effect into dist/webview.css.
declare module '*.css' {}
