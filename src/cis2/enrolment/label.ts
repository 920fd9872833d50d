/** Most characters of the name that a person gives to something. */
export const longestLabel = 60;

/** The name that somebody gave, on one line and not too long; the other one where there is none. */
export function labelOf(given: string | undefined, otherwise: string): string {
  const label = (given ?? '')
    .slice(0, 4 * longestLabel)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, longestLabel)
    .trim();
  return label === '' ? otherwise : label;
}
