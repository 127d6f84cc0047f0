namespace Handoff.Litmus.Language;

/// <summary><c>camera.wait();</c>: waits for everything that the device was told to start.</summary>
/// <param name="Device">The device.</param>
public sealed record DeviceWaitStatement(Name Device) : Statement;
