{ Signs a user in with the helper and calls an API. Free Pascal 3.2 or newer: fpc SignIn.pas. In Delphi, run the program with your own
  function in place of RunCommand, and use THTTPClient. }
program SignIn;
{$mode objfpc}{$H+}
uses SysUtils, Process, fphttpclient;
var
  Api, Token: string;
  Http: TFPHTTPClient;
begin
  Api := GetEnvironmentVariable('API_URL');
  if Api = '' then Api := 'http://localhost:8401';
  if not RunCommand('npx', ['--yes', '@alongside/client', 'token', '--issuer', Api + '/oauth2.1',
    '--client', 'demo-native'], Token) then
    raise Exception.Create('Nobody signed in.');
  Http := TFPHTTPClient.Create(nil);
  try
    Http.AddHeader('Authorization', 'Bearer ' + Trim(Token));
    WriteLn(Http.Get(Api + '/hello-world/hello/user'));
  finally
    Http.Free;
  end;
end.
