using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Cli;

/// <summary>A recorded load for the verbs that replay it; whatever had to be unpacked disappears with this object.</summary>
internal sealed class LoadInput : IDisposable
{
    private readonly string? _copy; // of standard input, which can be read only once

    private LoadInput(string? copy, RecordedLoad load)
    {
        _copy = copy;
        Load = load;
    }

    /// <summary>The load.</summary>
    public RecordedLoad Load { get; }

    /// <summary>Opens a recording.</summary>
    /// <param name="path">A recording, a bundle of one with facts, or - for standard input.</param>
    /// <param name="recorded">swiotlb= of the recorded machine as the user says; <see langword="null"/> for what facts say.</param>
    /// <param name="session">The run.</param>
    /// <exception cref="UserErrorException">There is no such recording.</exception>
    public static LoadInput Open(string path, string? recorded, Session session)
    {
        string? copy = path == "-" ? Copy(session) : null;
        TraceBundle bundle = RecordingInput.Locate(copy ?? path);
        MachineFacts? facts = copy is null && bundle.FactsDirectory is not null ? bundle.ReadFacts() : null;
        foreach (string problem in facts?.Diagnostics ?? [])
            session.Error.Write($"handoff: {LitmusFile.Printable(problem)}\n");
        string name = copy is not null ? "standard input" : LitmusFile.Printable(bundle.Name);
        return new LoadInput(copy, RecordedLoad.Open(name, facts, () => Recording.Open(bundle.Path), recorded, session.Cancelled));
    }

    /// <summary>Says what is wrong with the recording, and ends if it holds nothing to replay. To be called after the first pass.</summary>
    /// <exception cref="UserErrorException">It holds no mapping.</exception>
    public void Check(Session session)
    {
        string name = LitmusFile.Printable(Load.Name);
        foreach (RecordingDiagnostic diagnostic in Load.Diagnostics.Where(static d => d.Severity != DiagnosticSeverity.Info))
            session.Error.Write($"handoff: {name}: {LitmusFile.Printable(diagnostic.ToString())}\n");
        if (Load.Counts.Mappings + Load.Counts.FailedAttempts > 0 || session.Cancelled.IsCancellationRequested)
            return;
        if (Load.Counts.Translated > 0)
            throw new UserErrorException(ExitCode.BadInput, $"every mapping of {name} is behind an IOMMU, which is not modelled", "a recording of devices without an IOMMU can be replayed");
        throw new UserErrorException(
            ExitCode.BadInput, $"{name} holds no mapping", Load.Counts.Events == 0 ? null : "record with trace-cmd record -e dma -e swiotlb (Linux 6.12 or later)");
    }

    public void Dispose()
    {
        if (_copy is not null)
            File.Delete(_copy);
    }

    private static string Copy(Session session)
    {
        string path = Path.GetTempFileName();
        try
        {
            using var file = File.Create(path);
            session.OpenInput().CopyTo(file);
            return path;
        }
        catch (IOException problem)
        {
            File.Delete(path);
            throw new UserErrorException(ExitCode.BadInput, $"standard input cannot be copied: {problem.Message}");
        }
    }
}
