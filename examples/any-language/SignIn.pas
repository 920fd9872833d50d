{ Signs a user in with the helper and calls an API. Free Pascal 3.2 or newer: fpc SignIn.pas. In Delphi, run the program with your own
  function in place of RunCommand, and use THTTPClient. }
program SignIn;
{$mode objfpc}{$H+}
uses SysUtils, Process, fphttpclient;

{ Returns a variable of the environment. On Windows, Free Pascal's own strings lose letters outside ASCII, which folders may have. }
function Setting(const Name: string): string;
begin
  Result := {$ifdef windows} string(GetEnvironmentVariable(UnicodeString(Name))) {$else} GetEnvironmentVariable(Name) {$endif};
end;

{ Runs the helper: the program in ALONGSIDE_CLIENT, else alongside.exe on Windows, else npx, which is a batch file there. }
function RunHelper(const Api: string; out Token: string): Boolean;
var
  Client: string;
begin
  Client := Setting('ALONGSIDE_CLIENT');
  {$ifdef windows} if Client = '' then Client := ExeSearch('alongside.exe', Setting('PATH')); {$endif}
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
  Api := Setting('API_URL');
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
