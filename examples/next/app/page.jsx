import { nextPage } from '@alongside/client/web';
import { headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { signIn } from '../lib/sign-in.js';

export default async function Home() {
  // First, so that Next.js does not render the page during the build.
  await headers();
  return nextPage(signIn(), { headers, redirect }, '/', ({ user }) => (
    <main>
      <h1>Signed in: {user.name}</h1>
      <form method="post" action="/patient">
        <label>
          NHS number <input name="number" />
        </label>
        <button type="submit">Find patient</button>
      </form>
      <form method="post" action="/sign-out">
        <button type="submit">Sign out</button>
      </form>
    </main>
  ));
}
