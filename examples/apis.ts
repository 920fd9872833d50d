import {
  createApi,
  createNative,
  createPds,
  findBrowser,
  keepFresh,
  separateBrowser,
} from '@alongside/client';
import { findInstance } from './instance.ts';

// Calls APIs for a user: Hello World, and PDS with a search, an update and a new patient. Start Alongside (npm start), put a card in
// and sign in at the agent, then: node examples/apis.ts

const { api } = await findInstance();
const executable = process.env.ALONGSIDE_BROWSER || findBrowser() || '';
const flags = process.getuid?.() === 0 ? ['--no-sandbox', '--headless'] : [];
const scopes = ['hello-world', 'personal-demographics-service'];
const native = createNative({
  issuer: `${api}/oauth2.1`,
  clientId: 'demo-native',
  scope: scopes.map((name) => `urn:nhsd:apim:user-nhs-cis2:aal3:${name}`).join(' '),
});
const tokens = await native.signIn({ browser: separateBrowser({ executable, flags }) });

const token = keepFresh(tokens, native.refresh);
const hello = createApi({ baseUrl: `${api}/hello-world`, token });
const response = await hello.fetch('/hello/user');
console.log(await response.json());

const pds = createPds({ baseUrl: `${api}/personal-demographics/FHIR/R4`, token });
const { matches } = await pds.search({ family: 'Smith', gender: 'female', birthdate: 'eq2010-10-22' });
const { patient, etag = '' } = await pds.patient(matches[0]?.patient.id ?? '');
const updated = await pds.update(patient.id, {
  etag,
  patches: [{ op: 'replace', path: '/gender', value: 'male' }],
});
console.log(`${updated.patient.id}: ${patient.gender}, now ${updated.patient.gender} (${updated.etag})`);

// The surgery that registers the patient.
const authority = 'RegisteringAuthority';
const { created, existing } = await pds.create({
  resourceType: 'Patient',
  name: [{ use: 'usual', family: 'Testwell', given: ['Ada'], period: { start: '2020-01-01' } }],
  gender: 'female',
  birthDate: '1990-02-03',
  address: [
    {
      use: 'home',
      line: ['1 Test Street', '', '', 'Leeds', ''],
      postalCode: 'LS1 4AP',
      period: { start: '2020-01-01' },
    },
  ],
  extension: [
    {
      url: `https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-${authority}`,
      extension: [
        {
          url: 'registeringAuthorityType',
          valueCodeableConcept: {
            coding: [{ system: `https://fhir.nhs.uk/CodeSystem/UKCore-${authority}Type`, code: 'x' }],
          },
        },
        { url: 'organisationIdentifier', valueString: 'A20047' },
      ],
    },
  ],
});
console.log(existing ?? `created ${created?.patient.id}`);
