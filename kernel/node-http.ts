/**
 * `node:http`. An import of it would read all its members, and that of WebSocket loads undici, which no process of ours needs at
 * its start.
 */
export const http = process.getBuiltinModule('node:http');
