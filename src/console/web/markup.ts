import { page } from '@alongside/kernel/answer';
import type { Html } from '@alongside/kernel/html';
import type { z } from 'zod';
import { preview } from '../explanations/build/preview.ts';
import { runAnswer } from '../explanations/build/run.ts';
import { explainAnswer } from '../explanations/registry.ts';
import type { ApiCall } from '../service/api/call.ts';
import { previewView, responseView } from './pages/build/view.ts';
import { explanationView } from './pages/explain/result.ts';

const view =
  <Schema extends z.ZodType>(schema: Schema, draw: (answer: z.output<Schema>) => Html) =>
  (body: string): Html =>
    draw(schema.parse(JSON.parse(body)));

/** The answers of the API that a page shows the same with and without its program. */
const views: Readonly<Record<string, (body: string) => Html>> = {
  'POST /explain': view(explainAnswer, (found) => explanationView(found)),
  'POST /requests/preview': view(preview, previewView),
  'POST /requests/run': view(runAnswer, responseView),
};

/** Returns a call that answers with markup when a program of a page asks for `text/html`. */
export function withMarkup(call: ApiCall): ApiCall {
  const draw = views[`${call.method} ${call.path}`];
  if (!draw) return call;
  return {
    ...call,
    async endpoint(request) {
      const answer = await call.endpoint(request);
      return request.headers.accept === 'text/html' ? page(200, draw(String(answer.body))) : answer;
    },
  };
}
