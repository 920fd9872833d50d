import { createPds, displayName, findBrowser, separateBrowser, signInNative } from '@alongside/client';
import { findInstance } from './instance.ts';

// A desktop application: signs in with a browser that it launches and closes, then reads one patient.
// Start Alongside (npm start), put a card in and sign in at the agent, then: node examples/native-app.ts

const SECONDS = 60;
const giveUp = new AbortController();
const timer = setTimeout(() => giveUp.abort('time'), SECONDS * 1000);
// The browser must not outlive this program.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => giveUp.abort(signal));

function chromium(): { executable: string; flags: string[] } {
  const executable = process.env.ALONGSIDE_BROWSER || findBrowser();
  if (!executable)
    throw new Error('No browser was found; name a Chromium, Chrome or Edge in ALONGSIDE_BROWSER.');
  const flags = [];
  if (process.getuid?.() === 0) {
    console.warn('Warning: as root the browser runs without its sandbox (--no-sandbox).');
    flags.push('--no-sandbox');
  }
  const screen = process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  if (process.platform === 'linux' && !screen) flags.push('--headless');
  return { executable, flags };
}

async function main(signal: AbortSignal): Promise<void> {
  const { api } = await findInstance();
  const browser = separateBrowser(chromium());
  // #region readme
  const tokens = await signInNative({
    issuer: `${api}/oauth2.1`,
    clientId: 'demo-native',
    scope: 'urn:nhsd:apim:user-nhs-cis2:aal3:personal-demographics-service',
    browser,
    signal,
  });
  const pds = createPds({
    baseUrl: `${api}/personal-demographics/FHIR/R4`,
    token: async () => tokens.accessToken,
  });
  const { patient } = await pds.patient('9000000009', { signal });
  console.log(`${displayName(patient)}, born ${patient.birthDate}, NHS number ${patient.id}`);
  // #endregion
}

try {
  await main(giveUp.signal);
} catch (error) {
  const late = giveUp.signal.reason === 'time';
  const text = error instanceof Error ? error.message : String(error);
  console.error(late ? `Gave up: nobody finished signing in within ${SECONDS} seconds.` : text);
  process.exitCode = 1;
} finally {
  clearTimeout(timer);
}
