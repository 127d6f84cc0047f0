namespace Handoff.Tracing.Recordings;

/// <summary>A recording that could not be opened: no events, only diagnostics.</summary>
internal sealed class EmptyReader(DiagnosticBag diagnostics) : RecordingReader(diagnostics)
{
    public override bool Read(ref DmaEvent e) => false;
}
