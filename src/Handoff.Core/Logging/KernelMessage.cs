namespace Handoff.Logging;

/// <summary>One line of the kernel log.</summary>
/// <param name="Level">How loud.</param>
/// <param name="Device">The device it is about, or <see langword="null"/>.</param>
/// <param name="Text">The text, as the kernel words the well-known ones.</param>
public sealed record KernelMessage(KernelLogLevel Level, string? Device, string Text)
{
    /// <summary>The line as <c>dmesg</c> shows it (without time).</summary>
    public override string ToString() => Device is null ? Text : $"{Device}: {Text}";
}
