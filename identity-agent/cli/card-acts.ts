import { UsageError } from '@alongside/kernel/operator';
import { type AgentStatus, methods } from '../protocol.ts';
import type { Command, CommandContext } from './command.ts';

/** Asks for digits. @throws UsageError for anything else, which the card would refuse */
async function askDigits({ terminal }: CommandContext, question: string): Promise<string> {
  const digits = await terminal.askSecret(question);
  if (!/^[0-9]{1,12}$/.test(digits)) throw new UsageError('That is not a number. Nothing was tried.');
  return digits;
}

/** Asks for the new PIN twice. @throws UsageError if the two differ */
async function askNewPin(context: CommandContext): Promise<string> {
  const newPin = await askDigits(context, 'New PIN (6 to 8 digits): ');
  if ((await context.terminal.askSecret('New PIN again: ')) !== newPin)
    throw new UsageError('The two new PINs are not the same.');
  return newPin;
}

async function act(context: CommandContext, method: string, params: object, done: string): Promise<number> {
  const { withAgent, json, terminal } = context;
  const result = await withAgent((agent) => agent.call<Partial<AgentStatus>>(method, params));
  terminal.out(json ? `${JSON.stringify(result)}\n` : `${done}\n`);
  return 0;
}

// PINs and codes are never arguments, because every process of the machine can read those.

/** Commands for the holder of the card in the reader. */
export const cardActs: readonly Command[] = [
  {
    name: 'change-pin',
    summary: 'changes the PIN of the card in the reader',
    async run(context) {
      const pin = await askDigits(context, 'PIN: ');
      const params = { pin, newPin: await askNewPin(context) };
      return act(context, methods.changePin, params, 'The PIN was changed.');
    },
  },
  {
    name: 'unlock-code',
    summary: 'has a code mailed to the holder of a blocked card',
    run: (context) =>
      act(
        context,
        methods.requestUnlockCode,
        {},
        'If the card can be unblocked in this way, a code is on its way.',
      ),
  },
  {
    name: 'unlock',
    summary: 'unblocks the card with the mailed code',
    async run(context) {
      const code = await askDigits(context, 'Code from the mail: ');
      const params = { code, newPin: await askNewPin(context) };
      return act(context, methods.unlockCard, params, 'The card is unblocked and has the new PIN.');
    },
  },
  {
    name: 'unblock',
    summary: 'unblocks the card with its own unblocking code',
    async run(context) {
      const unblockingCode = await askDigits(context, 'Unblocking code of the card: ');
      const params = { unblockingCode, newPin: await askNewPin(context) };
      return act(context, methods.unblockPin, params, 'The card is unblocked and has the new PIN.');
    },
  },
  {
    name: 'renew',
    summary: 'renews the card of the person who is signed in, in the last 90 days of its certificate',
    run: (context) => act(context, methods.renewCard, {}, 'The card is renewed. The PIN stays the same.'),
  },
];
