import { StreamAnswer } from '@alongside/kernel/answer';
import { type AnsweredCall, answeredCalls } from '../service/api/call.ts';

/** Throws unless the body of a success is the described one. */
function checkAnswer({ call: { method, path, response }, answer }: AnsweredCall): void {
  const { status, headers, body } = answer;
  const isJson = String(headers['content-type']).startsWith('application/json');
  if (status >= 300 || status === 204 || !isJson || answer instanceof StreamAnswer) return;
  if (!response) return;
  const result = response.safeParse(JSON.parse(String(body)));
  if (result.success) return;
  const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new Error(`${method} ${path} answered other than its "response" describes: ${issues.join('; ')}`);
}

/**
 * Compares each answer of a console in this process with its description. An error fails the test file, because the channel reports
 * it as an uncaught exception: a test that ignores the answer cannot hide it.
 */
export const checkAnsweredCalls = (): void => {
  answeredCalls.unsubscribe(subscriber);
  answeredCalls.subscribe(subscriber);
};

const subscriber = (message: unknown): void => checkAnswer(message as AnsweredCall);
