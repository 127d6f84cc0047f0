using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests.Redaction;

/// <summary>A recording of the test suite, redacted into a directory that disappears with this object.</summary>
internal sealed class RedactedBundle : IDisposable
{
    internal RedactedBundle(string source, RedactionKey key, RedactionOptions? options = null)
    {
        Source = TraceBundle.Find(source)!;
        Directory = System.IO.Directory.CreateTempSubdirectory("handoff-redacted-").FullName;
        Redactor = new Redactor(Source.FactsDirectory is null ? null : Source.ReadFacts(), options ?? new RedactionOptions(), key);
        using (var reader = Recording.Open(Source.Path))
            Redactor.Learn(reader, TestContext.Current.CancellationToken);
        using (var reader = Recording.Open(Source.Path))
            Redactor.Survey(reader, TestContext.Current.CancellationToken);
        using (var reader = Recording.Open(Source.Path))
        {
            using RecordingCopy copy = Redactor.Copy(reader, TestContext.Current.CancellationToken);
            using var file = File.Create(Path.Combine(Directory, "trace.dat"));
            copy.WriteTo(file);
        }

        Redactor.WriteFacts(Directory);
    }

    internal TraceBundle Source { get; }

    internal string Directory { get; }

    internal Redactor Redactor { get; }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
