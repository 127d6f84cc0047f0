using Handoff.Cli.Terminal;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Cli;

/// <summary>A recorded load for the verbs that replay it.</summary>
internal sealed class LoadInput
{
    private readonly RecordingSource _source;

    private LoadInput(RecordingSource source, RecordedLoad load)
    {
        _source = source;
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
        var source = RecordingSource.Open(path, again: true, session);
        string name = path == "-" ? "standard input" : source.Name;
        return new LoadInput(source, RecordedLoad.Open(name, source.ReadFacts(session), () => Recording.Open(source.Bundle!.Path), recorded, session.Cancelled));
    }

    /// <summary>Says what is wrong with the recording, and ends if it holds nothing to replay. To be called after the first pass.</summary>
    /// <returns><see cref="ExitCode.BadInput"/> if a part of it could not be read, otherwise <see cref="ExitCode.AsExpected"/>.</returns>
    /// <exception cref="UserErrorException">It holds no mapping.</exception>
    public ExitCode Check(Session session)
    {
        string name = LitmusFile.Printable(Load.Name);
        var code = _source.Tell(Load.Diagnostics, Load.SuppressedDiagnostics, session);
        if (Load.Counts.Mappings + Load.Counts.FailedAttempts > 0 || session.Cancelled.IsCancellationRequested)
            return code;
        if (Load.Counts.Translated > 0)
            throw new UserErrorException(ExitCode.BadInput, $"every mapping of {name} is behind an IOMMU, which is not modelled", "a recording of devices without an IOMMU can be replayed");
        if (Load.Counts.IsCut)
            throw new UserErrorException(ExitCode.BadInput, $"{name} lacks all events of some CPU, and with them the releases of what others map: there is no load to replay", "handoff report shows what is there");
        throw new UserErrorException(
            ExitCode.BadInput, $"{name} holds no mapping", Load.Counts.Events == 0 ? null : "record with trace-cmd record -e dma -e swiotlb (Linux 6.12 or later)");
    }
}
