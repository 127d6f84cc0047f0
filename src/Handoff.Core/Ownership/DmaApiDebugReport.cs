namespace Handoff.Ownership;

/// <summary>An error that the kernel's debug checks detect.</summary>
/// <param name="Check">Which check, such as <c>U3</c> (see <see cref="DmaApiDebug"/>).</param>
/// <param name="Device">Name of the device.</param>
/// <param name="Time">When.</param>
/// <param name="Text">The message as it would stand in the kernel log.</param>
/// <param name="Printed">Whether it would be printed; by default only the first error is, further ones are counted.</param>
public sealed record DmaApiDebugReport(string Check, string Device, long Time, string Text, bool Printed)
{
    /// <summary>The message.</summary>
    public override string ToString() => Text;
}
