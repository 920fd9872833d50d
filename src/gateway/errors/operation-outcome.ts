/** One issue of an OperationOutcome, in Spine's terms. */
export interface Issue {
  severity: 'error' | 'information';
  /** FHIR issue type, or `token`, which Spine's gateway uses although FHIR does not define it. */
  type: string;
  code: string;
  display: string;
  diagnostics?: string;
}

/** Returns the FHIR R4 OperationOutcome of an error. */
export const operationOutcome = ({ severity, type, code, display, diagnostics }: Issue): object => ({
  resourceType: 'OperationOutcome',
  issue: [
    {
      severity,
      code: type,
      details: {
        coding: [
          {
            system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
            version: '1',
            code,
            display,
          },
        ],
      },
      ...(diagnostics === undefined ? {} : { diagnostics }),
    },
  ],
});
