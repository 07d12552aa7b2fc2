/** A file's text, built into the program. */
declare module '*?raw' {
  const text: string
  export default text
}
