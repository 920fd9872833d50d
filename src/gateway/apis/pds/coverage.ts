import { z } from 'zod';
import { errors } from '../../errors/catalogue.ts';
import {
  checkContentType,
  etagOf,
  type Operation,
  type OperationRequest,
  publishedBase,
  readObject,
  readVersion,
  searchset,
  storeChange,
} from './operations.ts';
import { fhir, outcomes } from './outcomes.ts';
import type { Coverage, PatientRecord } from './patient.ts';
import { checkShape, isDay } from './shape.ts';
import { checkBody, countryName } from './values.ts';
import { urls } from './vocabulary.ts';

const searchForm = /^subscriber(?::|%3A)identifier=(\d{10})$/i;

/** Returns the NHS number of a Coverage search; undefined if the search has another form. */
export const coverageSubject = (query: string): string | undefined => searchForm.exec(query)?.[1];

/** The details of the card are not shown without all of them. */
const isShown = (coverage: Coverage | undefined): coverage is Required<Coverage> =>
  coverage !== undefined &&
  coverage.hidden !== true &&
  coverage.beneficiary !== undefined &&
  coverage.institution !== undefined;

function resourceOf(
  { card, country, beneficiary, institution, end }: Required<Coverage>,
  subscriber: string,
) {
  const display = countryName(country);
  return {
    resourceType: 'Coverage',
    status: 'active',
    type: {
      coding: [
        {
          system: 'http://terminology.hl7.eu/CodeSystem/v3-ActCode',
          code: 'EHIC',
          display: 'European Health Insurance Card',
        },
      ],
    },
    subscriber: { identifier: { system: urls.nhsNumber, value: subscriber } },
    identifier: [
      {
        value: card,
        assigner: {
          identifier: { system: urls.country, value: country },
          ...(display !== undefined && { display }),
        },
      },
    ],
    beneficiary: { identifier: { value: beneficiary } },
    payor: [{ identifier: { value: institution } }],
    period: { end },
  };
}

/** Returns the published Bundle of a patient's health insurance card, with the version of the patient. */
function coverageAnswer(status: number, { patient, coverage }: PatientRecord, { clock }: OperationRequest) {
  const { id, meta } = patient;
  const entry = isShown(coverage)
    ? [
        {
          fullUrl: `${publishedBase}/Coverage?subscriber:identifier=${id}`,
          resource: resourceOf(coverage, id),
        },
      ]
    : [];
  const body = { ...searchset(clock, entry), meta: { versionId: meta.versionId } };
  return fhir(status, body, { etag: etagOf(meta.versionId) });
}

/** GET /Coverage: returns a citizen's European Health Insurance Card. */
export const retrieveCoverage: Operation = {
  method: 'GET',
  path: /^\/Coverage$/,
  async answer(asked) {
    const subject = coverageSubject(asked.query);
    if (subject === undefined)
      throw outcomes.invalidSearch('another form of search', {
        reason: 'Coverage search request must follow the format /Coverage?subscriber:identifier=NHS_NUMBER',
      });
    return coverageAnswer(200, await asked.patients.current(subject), asked);
  },
};

const text = (most: number) =>
  z
    .string()
    .regex(/^[a-zA-Z0-9\-,/:'. ]+$/)
    .max(most);
const valued = (value: z.ZodType<string>) => z.looseObject({ identifier: z.looseObject({ value }) });

/** The published shape of a Coverage (specification, Coverage); other members are accepted and not kept. */
const coverageShape = z.looseObject({
  status: z.literal('active'),
  subscriber: valued(z.string()),
  identifier: z.tuple([
    z.looseObject({
      value: text(25),
      assigner: z.looseObject({
        identifier: z.looseObject({
          system: z.literal(urls.country),
          value: z.string().regex(/^[A-Z]{3}$/),
        }),
      }),
    }),
  ]),
  beneficiary: valued(text(25)),
  payor: z.tuple([valued(text(30))]),
  period: z.looseObject({ end: z.string().refine(isDay) }),
});

/** A card ends less than this many years from now, either way. */
const maxYears = 150;

function checkEnd(end: string, now: number): void {
  const limit = (years: number): string => {
    const day = new Date(now);
    day.setUTCFullYear(day.getUTCFullYear() + years);
    return day.toISOString().slice(0, 10);
  };
  if (end <= limit(-maxYears) || end >= limit(maxYears))
    throw outcomes.invalidField('the end is too far away', { field: 'period/end', value: end });
}

/** Parses a card with the number of its holder. */
function readCoverage({ body, clock }: OperationRequest): { subject: string; coverage: Coverage } {
  const sent = readObject(body);
  checkBody(sent);
  checkShape(coverageShape, sent);
  const { identifier, beneficiary, payor, period, subscriber } = coverageShape.parse(sent);
  checkEnd(period.end, clock.now());
  return {
    subject: subscriber.identifier.value,
    coverage: {
      card: identifier[0].value,
      country: identifier[0].assigner.identifier.value,
      beneficiary: beneficiary.identifier.value,
      institution: payor[0].identifier.value,
      end: period.end,
    },
  };
}

/** Returns the NHS number of the citizen from the gateway's header; undefined for other users. */
const citizenIn = ({ headers }: OperationRequest): string | undefined =>
  headers.get('nhsd-nhslogin-user')?.split(':')[1];

/** POST /Coverage: replaces a citizen's European Health Insurance Card. */
export const replaceCoverage: Operation = {
  method: 'POST',
  path: /^\/Coverage$/,
  async change(asked, keepStatement) {
    checkContentType(asked, ['application/json', 'application/json-patch+json']);
    const version = readVersion(asked);
    const { subject, coverage } = readCoverage(asked);
    const citizen = citizenIn(asked);
    if (citizen !== undefined && citizen !== subject)
      throw errors.patientForbidden('the card of another citizen');
    const record = await asked.patients.changeable(subject);
    const { meta } = record.patient;
    if (version !== etagOf(meta.versionId)) throw outcomes.versionMismatch(`If-Match is ${version}`);
    const next = { ...meta, versionId: String(Number(meta.versionId) + 1) };
    const changed = { ...record, patient: { ...record.patient, meta: next }, coverage };
    return storeChange(record, changed, coverageAnswer(201, changed, asked), asked, keepStatement);
  },
};
