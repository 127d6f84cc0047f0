using Handoff.Cli.Terminal;
using Handoff.Tracing.Bundles;

namespace Handoff.Cli;

/// <summary>A recording named on the command line that is read more than once; standard input is copied first, and the copy disappears with this object.</summary>
internal sealed class SeekableInput : IDisposable
{
    private readonly string _path;

    private SeekableInput(string path, TraceBundle bundle, bool isCopy)
    {
        _path = path;
        Bundle = bundle;
        IsCopy = isCopy;
    }

    /// <summary>Where the recording and its facts are.</summary>
    public TraceBundle Bundle { get; }

    /// <summary>Whether it came from standard input.</summary>
    public bool IsCopy { get; }

    /// <summary>Opens what a path means.</summary>
    /// <exception cref="UserErrorException">There is nothing to open, or no recording in it.</exception>
    public static SeekableInput Open(string path, Session session)
    {
        if (path != "-")
            return new SeekableInput(path, RecordingInput.Locate(path), false);
        string directory = Directory.CreateTempSubdirectory("handoff-").FullName, copy = Path.Combine(directory, "stdin");
        try
        {
            using (var file = File.Create(copy))
                session.OpenInput().CopyTo(file);
            return new SeekableInput(copy, new TraceBundle(copy, directory, "<stdin>"), true);
        }
        catch (Exception problem)
        {
            Directory.Delete(directory, recursive: true);
            if (problem is IOException)
                throw new UserErrorException(ExitCode.BadInput, $"standard input cannot be copied: {problem.Message}");
            throw;
        }
    }

    /// <summary>Begins another reading.</summary>
    public RecordingInput OpenReading() => RecordingInput.Open(Bundle, IsCopy ? "<stdin>" : _path);

    public void Dispose()
    {
        if (IsCopy)
            Directory.Delete(Bundle.Directory, recursive: true);
    }
}
