/** Status words that this product sends or handles (ISO/IEC 7816-4 section 5.6, SP 800-73-4 part 2). */
export const SW = {
  ok: 0x9000,
  wrongLength: 0x6700,
  securityStatusNotSatisfied: 0x6982,
  authenticationBlocked: 0x6983,
  conditionsNotSatisfied: 0x6985,
  wrongData: 0x6a80,
  notFound: 0x6a82,
  wrongParameters: 0x6a86,
  referenceNotFound: 0x6a88,
  instructionUnknown: 0x6d00,
  classUnknown: 0x6e00,
  internalError: 0x6f00,
} as const;

/** `63Cx`: the comparison failed or was not made; x attempts are left (0 to 15). */
export const triesStatus = (left: number): number => 0x63c0 | Math.min(left, 15);

/** Returns the x of `63Cx`, else undefined. `6983` means 0. */
export function triesIn(sw: number): number | undefined {
  if (sw === SW.authenticationBlocked) return 0;
  return (sw & 0xfff0) === 0x63c0 ? sw & 0x0f : undefined;
}

/** `61xx`: this many bytes wait for GET RESPONSE; 256 or more are announced as `6100`. */
export const moreStatus = (waiting: number): number => 0x6100 | (waiting > 255 ? 0 : waiting);

/** Returns the Le for GET RESPONSE after `61xx` (1 to 256), else undefined. */
export const moreIn = (sw: number): number | undefined => (sw >> 8 === 0x61 ? sw & 0xff || 256 : undefined);

/** `6Cxx`: repeat the command with this Le (1 to 255). */
export const exactLengthStatus = (length: number): number => 0x6c00 | (length & 0xff);

/** Returns the Le for the repeated command after `6Cxx` (1 to 256), else undefined. */
export const exactLengthIn = (sw: number): number | undefined =>
  sw >> 8 === 0x6c ? sw & 0xff || 256 : undefined;

/** Formats a status word as in card specifications: four hexadecimal digits. */
export const hexStatus = (sw: number): string => sw.toString(16).padStart(4, '0');
