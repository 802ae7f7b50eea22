// Owns how sentences written with `code` read where the editor shows plain text: problems, notifications, menus, lists. Pure.

/** `code` in single quotes, as the editor's own messages have it; what brings quotes or brackets of its own stands as it is. */
export function plainWords(text: string): string {
  return text.replace(/`([^`]*)`/g, (_, code: string) => (/["{}[\]]/.test(code) ? code : `'${code}'`));
}

/** Whole words in lines of at most so many characters; a longer word has its own. */
export function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
