/** A module's whole name. */
export const fapi2 = (name: string): string => `fapi2-security-profile-final-${name}`;
