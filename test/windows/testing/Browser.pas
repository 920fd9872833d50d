{ In place of a browser: runs a script of Node.js with the last flag of the browser, which has the address. }
program Browser;
{$mode objfpc}{$H+}
uses SysUtils;

{ As in examples/any-language/SignIn.pas. }
function Setting(const Name: string): string;
begin
  Result := string(GetEnvironmentVariable(UnicodeString(Name)));
end;

begin
  ExitCode := ExecuteProcess(Setting('TEST_NODE'), [Setting('TEST_VISIT'), ParamStr(ParamCount)]);
end.
