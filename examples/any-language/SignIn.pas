{ Signs a user in with the helper and calls an API. Free Pascal 3.2 or newer: fpc SignIn.pas. In Delphi, run the program with your own
  function in place of RunCommand, and use THTTPClient. }
program SignIn;
{$mode objfpc}{$H+}
uses SysUtils, Process, fphttpclient;

{ Runs the helper: the program in ALONGSIDE_CLIENT, else alongside.exe on Windows, else npx, which is a batch file there. }
function RunHelper(const Api: string; out Token: string): Boolean;
var
  Client: string;
begin
  Client := GetEnvironmentVariable('ALONGSIDE_CLIENT');
  {$ifdef windows} if Client = '' then Client := ExeSearch('alongside.exe', ''); {$endif}
  if Client <> '' then
    Result := RunCommand(Client, ['token', '--issuer', Api + '/oauth2.1', '--client', 'demo-native'], Token)
  else
    Result := RunCommand({$ifdef windows} 'npx.cmd' {$else} 'npx' {$endif}, ['--yes', '@alongside/client',
      'token', '--issuer', Api + '/oauth2.1', '--client', 'demo-native'], Token);
end;

var
  Api, Token: string;
  Http: TFPHTTPClient;
begin
  Api := GetEnvironmentVariable('API_URL');
  if Api = '' then Api := 'http://localhost:8401';
  if not RunHelper(Api, Token) then raise Exception.Create('Nobody signed in.');
  Http := TFPHTTPClient.Create(nil);
  try
    Http.AddHeader('Authorization', 'Bearer ' + Trim(Token));
    WriteLn(Http.Get(Api + '/hello-world/hello/user'));
  finally
    Http.Free;
  end;
end.
