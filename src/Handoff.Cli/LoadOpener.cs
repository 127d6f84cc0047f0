using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Replay;

namespace Handoff.Cli;

/// <summary>Opens recorded loads for the verbs that replay them.</summary>
internal static class LoadOpener
{
    /// <summary>Opens a recording.</summary>
    /// <param name="path">A recording, or a directory with one.</param>
    /// <param name="recorded">swiotlb= of the recorded machine as the user says; <see langword="null"/> for what facts say.</param>
    /// <param name="session">The run.</param>
    /// <exception cref="UserErrorException">There is no such recording.</exception>
    public static RecordedLoad Open(string path, string? recorded, Session session)
    {
        if (TraceBundle.Find(path) is not { } bundle)
        {
            string printable = LitmusFile.Printable(path);
            throw Directory.Exists(path)
                ? new UserErrorException(ExitCode.BadInput, $"{printable} holds no recording", "name the file itself, or a directory with trace.dat or trace.txt")
                : new UserErrorException(ExitCode.BadInput, $"there is no recording {printable}");
        }

        MachineFacts facts = bundle.ReadFacts();
        foreach (string problem in facts.Diagnostics)
            session.Error.Write($"handoff: {problem}\n");
        return RecordedLoad.Open(bundle.Name, facts, () => Recording.Open(bundle.Path), recorded, session.Cancelled);
    }

    /// <summary>Says what is wrong with the recording, and ends if it holds nothing to replay. To be called after the first pass.</summary>
    /// <exception cref="UserErrorException">It holds no mapping.</exception>
    public static void Check(RecordedLoad load, Session session)
    {
        foreach (RecordingDiagnostic diagnostic in load.Diagnostics)
            session.Error.Write($"handoff: {diagnostic}\n");
        if (load.Counts.Mappings + load.Counts.FailedAttempts > 0 || session.Cancelled.IsCancellationRequested)
            return;
        if (load.Counts.Translated > 0)
            throw new UserErrorException(ExitCode.BadInput, $"every mapping of {load.Name} is behind an IOMMU, which is not modelled", "a recording of devices without an IOMMU can be replayed");
        throw new UserErrorException(
            ExitCode.BadInput, $"{load.Name} holds no mapping", load.Counts.Events == 0 ? null : "record with trace-cmd record -e dma -e swiotlb (Linux 6.12 or later)");
    }
}
