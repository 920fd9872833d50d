#Requires -Version 5.1
#Requires -RunAsAdministrator
<#
.SYNOPSIS
Installs the Identity Agent of Alongside for all users of this workstation, or removes it.

.DESCRIPTION
Copies the executable to C:\Program Files\Alongside, and the policy to C:\ProgramData\Alongside\identity-agent, where only
administrators may write.
A task starts the agent of each user at logon, without a window and without administrator rights.

.EXAMPLE
.\install-agent.ps1 -Executable .\alongside-0.1.0-win-x64.exe -Checksum (Get-Content .\checksum.txt) -Policy .\policy.json

.EXAMPLE
.\install-agent.ps1 -Uninstall
#>
[CmdletBinding(DefaultParameterSetName = 'Install')]
param(
    [Parameter(Mandatory, ParameterSetName = 'Install')]
    [string] $Executable,

    # The checksum of the executable in SHA256SUMS.
    [Parameter(Mandatory, ParameterSetName = 'Install')]
    [ValidatePattern('^[0-9a-fA-F]{64}$')]
    [string] $Checksum,

    [Parameter(ParameterSetName = 'Install')]
    [string] $Policy,

    [Parameter(Mandatory, ParameterSetName = 'Uninstall')]
    [switch] $Uninstall
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$task = 'Alongside Identity Agent'
$programs = Join-Path $env:ProgramFiles 'Alongside'
$program = Join-Path $programs 'alongside.exe'
$settings = Join-Path $env:ProgramData 'Alongside'

# Identifiers instead of names, which Windows translates.
$system = 'S-1-5-18'
$administrators = 'S-1-5-32-544'
$users = 'S-1-5-32-545'

function Stop-Agents {
    Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue | Stop-ScheduledTask
    Get-Process -Name 'alongside' -ErrorAction SilentlyContinue |
        Where-Object { $_.Path -eq $program } |
        Stop-Process -Force
}

# Every user may create a folder in C:\ProgramData, and could prepare one before the installation.
function Assert-OwnFolder([string] $folder) {
    if (-not (Test-Path -LiteralPath $folder)) { return }
    $owner = (Get-Acl -LiteralPath $folder).GetOwner([System.Security.Principal.SecurityIdentifier]).Value
    $isLink = (Get-Item -LiteralPath $folder -Force).Attributes -band [System.IO.FileAttributes]::ReparsePoint
    if ($isLink -or $owner -notin $system, $administrators) {
        throw "$folder was not created by an administrator (owner $owner). Look at it, remove it, and start again."
    }
}

function New-ProtectedFolder([string] $folder) {
    New-Item -ItemType Directory -Path $folder -Force | Out-Null
    & icacls.exe $folder /setowner "*$administrators" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "The owner of $folder could not be set." }
    & icacls.exe $folder /inheritance:r /grant:r "*${system}:(OI)(CI)F" "*${administrators}:(OI)(CI)F" "*${users}:(OI)(CI)RX" | Out-Null
    if ($LASTEXITCODE -ne 0) { throw "The access rights of $folder could not be set." }
}

function Register-Agent {
    # A console program would show a window at each logon; conhost.exe runs it without one.
    $action = New-ScheduledTaskAction -Execute (Join-Path $env:SystemRoot 'System32\conhost.exe') `
        -Argument "--headless `"$program`" identity-agent run"
    $principal = New-ScheduledTaskPrincipal -GroupId $users -RunLevel Limited
    # Each user who logs on has an own agent, for as long as the session lasts.
    $limits = New-ScheduledTaskSettingsSet -MultipleInstances Parallel -ExecutionTimeLimit ([TimeSpan]::Zero) `
        -RestartCount 3 -RestartInterval (New-TimeSpan -Minutes 1) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
    Register-ScheduledTask -TaskName $task -Action $action -Principal $principal -Settings $limits `
        -Trigger (New-ScheduledTaskTrigger -AtLogOn) -Force | Out-Null
}

if ($Uninstall) {
    Stop-Agents
    Get-ScheduledTask -TaskName $task -ErrorAction SilentlyContinue | Unregister-ScheduledTask -Confirm:$false
    if (Test-Path -LiteralPath $programs) { Remove-Item -LiteralPath $programs -Recurse -Force }
    Write-Output "Removed the Identity Agent. The policy in $settings and the data of the users are left."
    exit 0
}

Assert-OwnFolder $programs
Assert-OwnFolder $settings
Stop-Agents
New-ProtectedFolder $programs
New-ProtectedFolder $settings
New-ProtectedFolder (Join-Path $settings 'identity-agent')

# Only administrators can change the copy, so it is the copy that is checked.
Copy-Item -LiteralPath $Executable -Destination $program -Force
if ((Get-FileHash -LiteralPath $program -Algorithm SHA256).Hash -ne $Checksum) {
    Remove-Item -LiteralPath $program -Force
    throw "$Executable does not have the checksum $Checksum."
}
if ($Policy) { Copy-Item -LiteralPath $Policy -Destination (Join-Path $settings 'identity-agent\policy.json') -Force }

Register-Agent
Write-Output "Installed $program. The agent of each user starts at the next logon; start the task '$task' to begin now."
