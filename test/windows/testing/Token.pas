{ A module of PKCS#11 for Windows with one token, certificate and key, whose structures the compiler lays out: packed, with numbers of
  4 bytes (PKCS#11 2.40 section 2.1). It shows that our calls arrive. A signature is what was to be signed, with its mechanism. }
library Token;
{$mode objfpc}{$H+}
uses SysUtils;

type
  TNumber = LongWord;
  PNumber = ^TNumber;
  PText = PAnsiChar;
  TTokenInfo = packed record
    TokenLabel, Manufacturer: array[0..31] of AnsiChar;
    Model, Serial: array[0..15] of AnsiChar;
    Flags: TNumber;
    Limits: array[0..9] of TNumber;
    Versions: array[0..3] of Byte;
    Time: array[0..15] of AnsiChar;
  end;
  PTokenInfo = ^TTokenInfo;
  TAttribute = packed record
    Kind: TNumber;
    Value: Pointer;
    Size: TNumber;
  end;
  PAttribute = ^TAttribute;
  TPss = packed record
    Hash, Mask, Salt: TNumber;
  end;
  TMechanism = packed record
    Kind: TNumber;
    Parameter: ^TPss;
    Size: TNumber;
  end;
  PMechanism = ^TMechanism;
  TInitialize = packed record
    Functions: array[0..3] of Pointer;
    Flags: TNumber;
    Reserved: Pointer;
  end;
  PInitialize = ^TInitialize;

const
  ArgumentsBad = $7; PinIncorrect = $A0; SlotIdInvalid = $3; BufferTooSmall = $150;
  Slot = 7; Session = 4000000000; Key = 11;
  KeyId = 'key of the token';

var
  Found: Boolean;
  Signing: string;

function C_Initialize(Given: PInitialize): TNumber; cdecl;
begin
  if (Given <> nil) and (Given^.Flags = 2) then Result := 0 else Result := ArgumentsBad;
end;

function C_Finalize(Reserved: Pointer): TNumber; cdecl;
begin
  Result := 0;
end;

function C_GetSlotList(Present: Byte; Slots, Count: PNumber): TNumber; cdecl;
begin
  if (Present <> 1) or (Count^ < 2) then Exit(BufferTooSmall);
  Slots[0] := Slot;
  Slots[1] := Slot + 1;
  Count^ := 2;
  Result := 0;
end;

function C_GetTokenInfo(Id: TNumber; Info: PTokenInfo): TNumber; cdecl;
begin
  if Id <> Slot then Exit(SlotIdInvalid);
  FillChar(Info^, SizeOf(Info^), ' ');
  Move('A token', Info^.TokenLabel, 7);
  Info^.Flags := $40D;
  Result := 0;
end;

function C_OpenSession(Id, Flags: TNumber; Application, Notify: Pointer; Handle: PNumber): TNumber; cdecl;
begin
  if (Id <> Slot) or (Flags <> 6) or (Application <> nil) or (Notify <> nil) then Exit(ArgumentsBad);
  Handle^ := Session;
  Result := 0;
end;

function C_Login(Handle, User: TNumber; Pin: PText; Size: TNumber): TNumber; cdecl;
begin
  if (Handle <> Session) or (User <> 1) then Exit(ArgumentsBad);
  if (Size = 6) and (CompareByte(Pin^, PText('123456')^, 6) = 0) then Result := 0 else Result := PinIncorrect;
end;

{ Expects CKA_CLASS = CKO_PRIVATE_KEY, then CKA_ID. }
function C_FindObjectsInit(Handle: TNumber; Given: PAttribute; Count: TNumber): TNumber; cdecl;
begin
  Found := (Handle = Session) and (Count = 2) and (Given[0].Kind = 0) and (Given[0].Size = 4)
    and (PNumber(Given[0].Value)^ = 3) and (Given[1].Kind = $102) and (Given[1].Size = Length(KeyId))
    and (CompareByte(Given[1].Value^, PText(KeyId)^, Length(KeyId)) = 0);
  Result := 0;
end;

function C_FindObjects(Handle: TNumber; Objects: PNumber; Most: TNumber; Count: PNumber): TNumber; cdecl;
begin
  Count^ := Ord(Found and (Most >= 1));
  if Count^ = 1 then Objects[0] := Key;
  Found := False;
  Result := 0;
end;

function C_FindObjectsFinal(Handle: TNumber): TNumber; cdecl;
begin
  Result := 0;
end;

{ Answers each CKA_LABEL and CKA_ID with the id; a value without an address with its length alone. }
function C_GetAttributeValue(Handle, Target: TNumber; Given: PAttribute; Count: TNumber): TNumber; cdecl;
var
  Index: TNumber;
begin
  if (Handle <> Session) or (Target <> Key) or (Count = 0) then Exit(ArgumentsBad);
  for Index := 0 to Count - 1 do
  begin
    if Given[Index].Value <> nil then
    begin
      if Given[Index].Size < Length(KeyId) then Exit(BufferTooSmall);
      Move(PText(KeyId)^, Given[Index].Value^, Length(KeyId));
    end;
    Given[Index].Size := Length(KeyId);
  end;
  Result := 0;
end;

function C_SignInit(Handle: TNumber; Mechanism: PMechanism; Target: TNumber): TNumber; cdecl;
begin
  if (Handle <> Session) or (Target <> Key) then Exit(ArgumentsBad);
  Signing := IntToStr(Mechanism^.Kind);
  if Mechanism^.Parameter <> nil then
    with Mechanism^.Parameter^ do
      Signing := Format('%s %d/%d/%d', [Signing, Hash, Mask, Salt]) + Format(' of %d', [Mechanism^.Size]);
  Result := 0;
end;

function C_Sign(Handle: TNumber; Input: PText; Size: TNumber; Output: PText; Count: PNumber): TNumber; cdecl;
var
  Signature: AnsiString;
begin
  SetString(Signature, Input, Size);
  Signature := Signing + ': ' + Signature;
  if Count^ < TNumber(Length(Signature)) then Exit(BufferTooSmall);
  Move(PText(Signature)^, Output^, Length(Signature));
  Count^ := Length(Signature);
  Result := 0;
end;

exports
  C_Initialize, C_Finalize, C_GetSlotList, C_GetTokenInfo, C_OpenSession, C_Login, C_FindObjectsInit, C_FindObjects,
  C_FindObjectsFinal, C_GetAttributeValue, C_SignInit, C_Sign;
end.
