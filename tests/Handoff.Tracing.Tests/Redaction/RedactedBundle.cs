using System.Collections.Concurrent;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Tests.Redaction;

/// <summary>A recording of the test suite, redacted into a directory that disappears with this object.</summary>
internal sealed class RedactedBundle : IDisposable
{
    private static readonly ConcurrentDictionary<string, Lazy<RedactedBundle>> Shared = [];

    static RedactedBundle() => AppDomain.CurrentDomain.ProcessExit += static (_, _) =>
    {
        foreach (Lazy<RedactedBundle> bundle in Shared.Values.Where(static bundle => bundle.IsValueCreated))
            bundle.Value.Dispose();
    };

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

    /// <summary>One that several tests look at: large recordings take a while.</summary>
    internal static RedactedBundle Of(string source) => Shared.GetOrAdd(source, static path => new(() => new RedactedBundle(path, RedactionKey.From("tests")))).Value;

    internal TraceBundle Source { get; }

    internal string Directory { get; }

    internal Redactor Redactor { get; }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
