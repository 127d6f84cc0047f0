using System.Text;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

/// <summary>
/// Wrong inputs and their exact messages: <c>wrong-inputs.txt</c> holds the inputs, <c>wrong-inputs.expected.txt</c> the answers.
/// HANDOFF_BLESS=1 rewrites the answers; read the difference before it is committed.
/// </summary>
public sealed class WrongInputTests
{
    [Fact]
    public void MessagesAreAsRecorded()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "Language");
        string[] inputs = File.ReadAllText(Path.Combine(folder, "wrong-inputs.txt")).Split("---\n");
        Assert.True(inputs.Length >= 40);
        var answers = new StringBuilder();
        foreach (string input in inputs)
        {
            ParseResult result = LitmusParser.Parse(input, "t.litmus");
            Assert.False(result.Success, input);
            answers.Append(DiagnosticWriter.Format(result)).Append("---\n");
        }

        if (Environment.GetEnvironmentVariable("HANDOFF_BLESS") == "1")
            File.WriteAllText(Path.Combine(SourceFolder(), "wrong-inputs.expected.txt"), answers.ToString());
        Assert.Equal(File.ReadAllText(Path.Combine(folder, "wrong-inputs.expected.txt")), answers.ToString());
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
