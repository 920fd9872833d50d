import { attach } from 'alongside/testing';
import { clock } from './clock.ts';

// Runs in `alongside exec --person gp`: the clock of the documentation, and an attached instance.
const instance = await attach(process.env.ALONGSIDE_CONSOLE_URL ?? '');
await instance.clock.advance(3_600);
while (clock.now() - Date.now() < 3_500_000) await new Promise((resolve) => setTimeout(resolve, 20));
const { state } = await instance.call<{ state: string }>('GET', '/agent');
console.log(`follows the clock, and is attached: ${state}`);
