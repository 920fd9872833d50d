/** Returns a scope of the platform for one API (NHSDigital/pytest-nhsd-apim): the family of the sign-in, its level, the API. */
export const userScope = (
  family: 'user-nhs-id' | 'user-nhs-cis2' | 'user-nhs-login',
  level: string,
  api: string,
): string => `urn:nhsd:apim:${family}:${level}:${api}`;

/** Returns the scope of an application without a user, after a signed assertion. */
export const applicationScope = (api: string): string => `urn:nhsd:apim:app:level3:${api}`;
