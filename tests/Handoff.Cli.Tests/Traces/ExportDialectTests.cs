using System.Diagnostics;

namespace Handoff.Cli.Tests.Traces;

/// <summary>The statements beside a dataset are SQL to the grammars of Spark and Trino. That is all that is known without the engines.</summary>
public sealed class ExportDialectTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-dialects-").FullName;

    [Fact]
    public async Task Spark_and_Trino_can_parse_the_statements()
    {
        string root = ExampleTests.RepositoryRoot(), parser = Path.Combine(root, "tests", "sql-dialects");
        Assert.SkipUnless(Directory.Exists(Path.Combine(parser, "node_modules", "dt-sql-parser")), "the parser of SQL dialects is not installed: npm install in tests/sql-dialects");
        string set = Path.Combine(_directory, "it's a [set]");
        Assert.Equal(ExitCode.AsExpected, Run.Of("export", TraceFiles.Failing, "--parquet", set).Code);
        using Process node = Process.Start(new ProcessStartInfo("node", [Path.Combine(parser, "check.mjs"), set, Path.Combine(root, "docs", "export.md")]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string told = await node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(node.ExitCode == 0, told);
        Assert.Equal(2, told.Split('\n').Count(static line => line.EndsWith("views.sql: 9 statements, 0 problems", StringComparison.Ordinal)));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
