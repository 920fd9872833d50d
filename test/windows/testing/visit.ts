import { Navigator } from '../../testing/navigate.ts';

// A browser without pages: opens the address of the flag --app=URL.
await new Navigator().go((process.argv[2] ?? '').replace('--app=', ''));
