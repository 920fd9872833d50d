/** Fictional organisations with codes from public test material. */
export const seedOrganisations = {
  alder: { code: 'A9A5A', name: 'Alder Vale Test Practice' },
  birch: { code: 'B9A5A', name: 'Birch Lane Test Clinic' },
  cedar: { code: 'Y90128', name: 'Cedar Row Test Pharmacy' },
  dogwood: { code: 'A21293', name: 'Dogwood Road Test Surgery' },
  elm: { code: 'RBA', name: 'Elm Park Test Hospital' },
} as const;

export type SeedOrganisation = keyof typeof seedOrganisations;
