/** One issue of an OperationOutcome in the words of Spine. */
export interface Issue {
  severity: 'error' | 'information';
  /** FHIR issue type, and `token`, which Spine's gateway uses although FHIR has no such type. */
  type: string;
  code: string;
  display: string;
  diagnostics?: string;
}

/** The FHIR R4 resource that says what went wrong. */
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
