/** Maximum length of a name, in characters. */
export const longestLabel = 60;

/** Returns the name from a form on one line, shortened; `otherwise` if it is empty. */
export function labelOf(given: string | undefined, otherwise: string): string {
  const label = (given ?? '')
    .slice(0, 4 * longestLabel)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longestLabel)
    .trim();
  return label === '' ? otherwise : label;
}
