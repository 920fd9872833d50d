<?php

// A command-line client in plain PHP (8.1 or newer, with the extensions curl and openssl): all three patterns of access.
//
//   php combined.php sign-in                 combined: prints an address to open, then reads who signed in
//   php combined.php application             application-restricted, with a signed JWT
//   php combined.php exchange ID_TOKEN       separate: an ID token of CIS2 for an access token
//
// Settings, from the environment:
//   API_URL       origin of the API platform; else ALONGSIDE_API_URL, as `alongside status --env` prints it
//   API_KEY       client id of the application; API_SECRET its secret (sign-in)
//   KEY_FILE      private key as PEM (application, exchange); KEY_ID the kid of the registered public key
//   CALLBACK_URL  registered callback URL on this machine (sign-in)

declare(strict_types=1);

/** A setting that must be there. */
function setting(string $name): string
{
    $value = getenv($name);
    if ($name === 'API_URL' && ($value === false || $value === '')) {
        $value = getenv('ALONGSIDE_API_URL');
    }
    if ($value === false || $value === '') {
        throw new RuntimeException("The environment variable $name is missing.");
    }
    return $value;
}

/**
 * One HTTP call. Answers status and body; the body as an array where it is JSON.
 * @param array<string, string>|null $form
 * @return array{int, array<string, mixed>|string}
 */
function call(string $url, ?array $form = null, ?string $token = null): array
{
    $curl = curl_init($url);
    $options = [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30];
    if ($form !== null) {
        $options[CURLOPT_POSTFIELDS] = http_build_query($form);
    }
    if ($token !== null) {
        $options[CURLOPT_HTTPHEADER] = ["Authorization: Bearer $token"];
    }
    curl_setopt_array($curl, $options);
    $body = curl_exec($curl);
    if ($body === false) {
        throw new RuntimeException("$url cannot be reached: " . curl_error($curl));
    }
    $parsed = json_decode($body, true);
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), is_array($parsed) ? $parsed : $body];
}

/**
 * The answer of the token endpoint; a refusal ends the program with the published words.
 * @param array<string, string> $form
 * @return array<string, mixed>
 */
function token(array $form): array
{
    [$status, $answer] = call(setting('API_URL') . '/oauth2/token', $form);
    if ($status !== 200 || !is_array($answer)) {
        throw new RuntimeException("The token endpoint answered $status: " . json_encode($answer));
    }
    return $answer;
}

function base64url(string $bytes): string
{
    return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
}

/** A client assertion: who we are, for the token endpoint, once, for five minutes (RFC 7523). */
function clientAssertion(): string
{
    $header = ['alg' => 'RS512', 'typ' => 'JWT', 'kid' => setting('KEY_ID')];
    $claims = [
        'iss' => setting('API_KEY'),
        'sub' => setting('API_KEY'),
        'aud' => setting('API_URL') . '/oauth2/token',
        'jti' => bin2hex(random_bytes(16)),
        'exp' => time() + 300,
    ];
    $encode = fn (array $part): string => base64url(json_encode($part, JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR));
    $signed = $encode($header) . '.' . $encode($claims);
    $key = openssl_pkey_get_private((string) file_get_contents(setting('KEY_FILE')));
    if ($key === false || !openssl_sign($signed, $signature, $key, OPENSSL_ALGO_SHA512)) {
        throw new RuntimeException('The private key in KEY_FILE cannot be used.');
    }
    return $signed . '.' . base64url($signature);
}

/** @return array<string, string> */
function signedClient(): array
{
    return [
        'client_assertion_type' => 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        'client_assertion' => clientAssertion(),
    ];
}

/** Waits for the browser to come back; answers what it brought. @return array<string, string> */
function oneCallback(string $callback): array
{
    $address = parse_url($callback);
    $server = stream_socket_server("tcp://{$address['host']}:{$address['port']}", $number, $reason);
    if ($server === false) {
        throw new RuntimeException("$callback cannot be listened at: $reason");
    }
    while ($browser = stream_socket_accept($server, 300.0)) {
        [, $target] = explode(' ', (string) fgets($browser)) + ['', '/'];
        while (trim((string) fgets($browser)) !== '');
        $ours = parse_url($target, PHP_URL_PATH) === $address['path'];
        fwrite($browser, 'HTTP/1.1 ' . ($ours ? '200 OK' : '404 Not Found') . "\r\nConnection: close\r\n\r\nYou can go back to the terminal.\n");
        fclose($browser);
        if ($ours) {
            parse_str((string) parse_url($target, PHP_URL_QUERY), $query);
            return $query;
        }
    }
    throw new RuntimeException('Nobody came back within five minutes.');
}

/** Combined: the platform sends the person to CIS2 and gives tokens for its code. */
function signIn(): void
{
    $callback = setting('CALLBACK_URL');
    $state = bin2hex(random_bytes(16));
    $client = ['client_id' => setting('API_KEY'), 'redirect_uri' => $callback];
    $query = http_build_query($client + ['response_type' => 'code', 'state' => $state]);
    echo 'Open this address in a browser:', PHP_EOL, setting('API_URL'), '/oauth2/authorize?', $query, PHP_EOL;
    $answer = oneCallback($callback);
    if (!hash_equals($state, $answer['state'] ?? '')) {
        throw new RuntimeException('The answer belongs to another sign-in.');
    }
    if (!isset($answer['code'])) {
        throw new RuntimeException('The sign-in failed: ' . ($answer['error'] ?? 'no code came'));
    }
    $form = $client + [
        'grant_type' => 'authorization_code',
        'code' => $answer['code'],
        'client_secret' => setting('API_SECRET'),
    ];
    $tokens = token($form);
    [, $person] = call(setting('API_URL') . '/oauth2/userinfo', null, $tokens['access_token']);
    echo 'Signed in: ', $person['name'] ?? '?', PHP_EOL;
    show('/hello-world/hello/user', $tokens);
}

/** @param array<string, mixed> $tokens */
function show(string $path, array $tokens): void
{
    [$status, $answer] = call(setting('API_URL') . $path, null, $tokens['access_token']);
    echo $path, ' answered ', $status, ': ', json_encode($answer), PHP_EOL;
}

try {
    switch ($argv[1] ?? '') {
        case 'sign-in':
            signIn();
            break;
        case 'application':
            show('/hello-world/hello/application', token(['grant_type' => 'client_credentials'] + signedClient()));
            break;
        case 'exchange':
            show('/hello-world/hello/user', token([
                'grant_type' => 'urn:ietf:params:oauth:grant-type:token-exchange',
                'subject_token_type' => 'urn:ietf:params:oauth:token-type:id_token',
                'subject_token' => $argv[2] ?? '',
            ] + signedClient()));
            break;
        default:
            fwrite(STDERR, 'Usage: php combined.php sign-in | application | exchange ID_TOKEN' . PHP_EOL);
            exit(2);
    }
} catch (Throwable $failure) {
    fwrite(STDERR, $failure->getMessage() . PHP_EOL);
    exit(1);
}
