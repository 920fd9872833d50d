/** Replaces a value in the text of a template. */
export const hole = '\u0000';

const quoted = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y;
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
// A slash begins a regular expression where no value has just ended.
const expression = /(?<=[=(,:;!&|?{}\n[]\s*)\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;

const after = (pattern: RegExp, source: string, at: number): number => {
  pattern.lastIndex = at;
  const found = pattern.exec(source);
  return found ? at + found[0].length : at;
};

/**
 * Returns the literal text of the templates with this tag in TypeScript, also within their values. Each value is one
 * `hole`. It reads only the part of the language that the pages use.
 */
export function templatesOf(source: string, tag: string): string[] {
  const texts: string[] = [];

  const template = (start: number, tagged: boolean): number => {
    let at = start;
    let text = '';
    while (at < source.length && source[at] !== '`') {
      if (source.startsWith('${', at)) {
        text += hole;
        at = code(at + 2, true);
      } else {
        const width = source[at] === '\\' ? 2 : 1;
        text += source.slice(at, at + width);
        at += width;
      }
    }
    if (tagged) texts.push(text);
    return at + 1;
  };

  const code = (start: number, isValue: boolean): number => {
    let at = start;
    let depth = 0;
    while (at < source.length) {
      const past = [quoted, comment, expression].reduce((from, pattern) => after(pattern, source, from), at);
      if (past > at) at = past;
      else if (source[at] === '`') at = template(at + 1, source.slice(0, at).endsWith(tag));
      else if (source[at] === '}' && isValue && depth === 0) return at + 1;
      else {
        if (source[at] === '{') depth += 1;
        if (source[at] === '}') depth -= 1;
        at += 1;
      }
    }
    return at;
  };

  code(0, false);
  return texts;
}
