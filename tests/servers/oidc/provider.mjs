// The npm package oidc-provider on loopback, for tests: real discovery, real keys, real tokens.
// `node provider.mjs SETTINGS`, where SETTINGS is JSON: {clients: {id: secret}, groups: {subject: claim}}.
// A resource `urn:hoopterm?audience=…&ttl=…&alg=…` asks for an access token of that sort. POST /test/keys replaces the
// keys by {keep: [kid], add: [alg]} and tells their names by algorithm; GET /test/asked tells how often each path was
// asked for.
import { createServer } from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';

const PERSON = 'urn:test:person';
const settings = JSON.parse(process.argv[2]);
const asked = {};
let keys = [];
let issuer;
let callback;
let number = 0; // of the last key that was made

function resource(_, indicator) {
  const wanted = new URL(indicator).searchParams;
  return {
    scope: '',
    audience: wanted.get('audience') ?? 'hoopterm',
    accessTokenFormat: 'jwt',
    accessTokenTTL: Number(wanted.get('ttl') ?? 600),
    jwt: { sign: { alg: wanted.get('alg') ?? 'RS256' } },
  };
}

// A person's tokens, without the pages of a browser in between.
async function givePerson(ctx) {
  const { client, params, provider } = ctx.oidc;
  const server = { ...resource(ctx, params.resource), identifier: () => params.resource };
  const token = new provider.AccessToken({ accountId: params.subject, client, gty: PERSON, resourceServer: server });
  token.expiresIn = server.accessTokenTTL;
  const identity = new provider.IdToken({ sub: params.subject }, { ctx });
  identity.scope = 'openid';
  ctx.body = { access_token: await token.save(), id_token: await identity.issue({ use: 'idtoken' }), token_type: 'Bearer' };
}

async function key(alg) {
  const options = alg === 'Ed25519' || alg === 'EdDSA' ? { crv: 'Ed25519' } : {};
  const kid = `key-${(number += 1)}`;
  const { privateKey } = await generateKeyPair(alg, { ...options, extractable: true });
  return { ...(await exportJWK(privateKey)), alg, use: 'sig', kid };
}

async function renew({ keep = [], add = [] }) {
  keys = [...(await Promise.all(add.map(key))), ...keys.filter(({ kid }) => keep.includes(kid))];
  const provider = new Provider(issuer, {
    jwks: { keys },
    clients: Object.entries(settings.clients).map(([client_id, client_secret]) => ({
      client_id,
      client_secret,
      grant_types: ['client_credentials', PERSON],
      redirect_uris: [],
      response_types: [],
    })),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, getResourceServerInfo: resource },
    },
    extraTokenClaims: (_, token) => settings.groups?.[token.accountId ?? token.clientId],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  provider.registerGrantType(PERSON, givePerson, ['subject', 'resource']);
  callback = provider.callback();
  return Object.fromEntries(keys.map(({ alg, kid }) => [alg, kid]));
}

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return JSON.parse(Buffer.concat(parts));
}

const server = createServer(async (request, response) => {
  if (request.url === '/test/asked') {
    response.end(JSON.stringify(asked));
  } else if (request.url === '/test/keys') {
    response.end(JSON.stringify(await renew(await body(request))));
  } else {
    asked[request.url] = (asked[request.url] ?? 0) + 1;
    callback(request, response);
  }
});

server.listen(0, '127.0.0.1', async () => {
  issuer = `http://127.0.0.1:${server.address().port}`;
  const names = await renew({ add: ['RS256', 'PS256', 'ES256', 'EdDSA'] });
  console.log(JSON.stringify({ issuer, keys: names }));
});
