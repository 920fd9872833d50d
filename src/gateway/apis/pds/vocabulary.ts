import type { Coding, Extension } from './patient.ts';

/** Addresses of the code systems and extensions in a PDS record (UK Core and PDS, as published in the specification). */
export const urls = {
  nhsNumber: 'https://fhir.nhs.uk/Id/nhs-number',
  odsCode: 'https://fhir.nhs.uk/Id/ods-organization-code',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  contactRole: 'http://terminology.hl7.org/CodeSystem/v2-0131',
  roleCode: 'http://terminology.hl7.org/CodeSystem/v3-RoleCode',
  relatedPersonRole: 'https://fhir.nhs.uk/R4/CodeSystem/UKCore-AdditionalRelatedPersonRole',
  removalReason: 'https://fhir.nhs.uk/CodeSystem/PDS-RemovalReasonExitCode',
  country: 'urn:iso:std:iso:3166',
  birthPlace: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
  removal: 'https://fhir.nhs.uk/StructureDefinition/Extension-PDS-RemovalFromRegistration',
} as const;

/** Extensions of a related person, which the specification gives other addresses than those of a patient. */
export const relatedPersonUrls = {
  copyCorrespondence:
    'https://fhir.nhs.uk/R4/StructureDefinition/Extension-UKCore-CopyCorrespondenceIndicator',
  contactRank: 'https://fhir.nhs.uk/R4/StructureDefinition/Extension-UKCore-ContactRank',
} as const;

/** Address of a UK Core extension. */
const ukCore = (name: string): string =>
  `https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-${name}`;

/** Address of a UK Core code system. */
export const ukCoreSystem = (name: string): string => `https://fhir.hl7.org.uk/CodeSystem/UKCore-${name}`;

export const extensionUrls = {
  numberStatus: ukCore('NHSNumberVerificationStatus'),
  nominatedPharmacy: ukCore('NominatedPharmacy'),
  dispensingDoctor: ukCore('PreferredDispenserOrganization'),
  applianceSupplier: ukCore('MedicalApplianceSupplier'),
  deathNotification: ukCore('DeathNotificationStatus'),
  communication: ukCore('NHSCommunication'),
  contactPreference: ukCore('ContactPreference'),
  addressKey: ukCore('AddressKey'),
  otherContact: ukCore('OtherContactSystem'),
} as const;

/** Extensions that reveal a location: hidden in a restricted record. */
export const locatingExtensions: readonly string[] = [
  extensionUrls.nominatedPharmacy,
  extensionUrls.dispensingDoctor,
  extensionUrls.applianceSupplier,
  urls.birthPlace,
];

export const coded = (url: string, coding: Coding): Extension => ({
  url,
  valueCodeableConcept: { coding: [coding] },
});

/** Display texts of confidentiality codes. */
export const confidentialityText = { U: 'unrestricted', R: 'restricted', V: 'very restricted' } as const;
