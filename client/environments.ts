import { type PlatformEndpoints, platformAt } from './config.ts';

/** The addresses of an environment. */
export interface Environment {
  /** For `createCombined`, and `tokenUrl` for the separate pattern. */
  platform: PlatformEndpoints;
  /** The issuer of CIS2, exactly as CIS2 writes it. */
  cis2Issuer: string;
  /** `baseUrl` of PDS. */
  pds: string;
}

const issuer = (host: string) =>
  `https://${host}:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare`;

/**
 * The public environments, as their documentation names them. Sources: the API catalogue and the CIS2 discovery documents of NHS
 * England's developer site, 2026.
 */
export const ENVIRONMENTS: Readonly<Record<'integration' | 'production', Environment>> = {
  integration: {
    platform: platformAt('https://int.api.service.nhs.uk/oauth2'),
    cis2Issuer: issuer('am.nhsint.auth-ptl.cis2.spineservices.nhs.uk'),
    pds: 'https://int.api.service.nhs.uk/personal-demographics/FHIR/R4',
  },
  production: {
    platform: platformAt('https://api.service.nhs.uk/oauth2'),
    cis2Issuer: issuer('am.nhsidentity.spineservices.nhs.uk'),
    pds: 'https://api.service.nhs.uk/personal-demographics/FHIR/R4',
  },
};
