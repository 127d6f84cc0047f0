namespace Handoff.Litmus.Language;

/// <summary><c>camera.read(dma);</c>, <c>camera.write(dma[0..16], 2);</c>, <c>camera.start_write(dma, 2);</c>: a device access.</summary>
/// <param name="Device">Who accesses.</param>
/// <param name="Kind">Read or write.</param>
/// <param name="Handle">The mapping or allocation, or a part.</param>
public sealed record DeviceAccessStatement(Name Device, AccessKind Kind, Place Handle) : Statement
{
    /// <summary>Whether it only starts here and goes on until <c>device.wait()</c> (or the end of the test).</summary>
    public bool Asynchronous { get; init; }

    /// <summary>The label of what is written, for the story only.</summary>
    public Located<ulong>? Value { get; init; }
}
