using System.Collections;
using System.Reflection;
using CsCheck;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Tests.Language;

public sealed class RoundTripTests
{
    [Theory]
    [InlineData(Samples.Heap)]
    [InlineData(Samples.Everything)]
    public void PrintedTestReadsTheSame(string text) => Law(LitmusParser.Parse(text).Test!);

    [Fact]
    public void RandomTestsReadTheSame() => LitmusTexts.Random.Sample(
        text =>
        {
            ParseResult result = LitmusParser.Parse(text);
            Assert.True(result.Success, DiagnosticWriter.Format(result));
            Law(result.Test!);
        },
        iter: 3000);

    private static void Law(LitmusTest test)
    {
        string printed = LitmusPrinter.Print(test);
        ParseResult again = LitmusParser.Parse(printed);
        Assert.True(again.Success, DiagnosticWriter.Format(again));
        Same(test, again.Test, "test");
        Assert.Equal(printed, LitmusPrinter.Print(again.Test!));
    }

    // Compares everything but spans.
    private static void Same(object? a, object? b, string path)
    {
        if (a is null || b is null)
        {
            Assert.True(a is null && b is null, $"{path}: {a ?? "null"} and {b ?? "null"}");
            return;
        }

        Assert.Equal(a.GetType(), b.GetType());
        if (a is IEnumerable items and not string)
        {
            List<object> left = [.. items.Cast<object>()], right = [.. ((IEnumerable)b).Cast<object>()];
            Assert.True(left.Count == right.Count, $"{path}: {left.Count} and {right.Count} items");
            for (int i = 0; i < left.Count; i++)
                Same(left[i], right[i], $"{path}[{i}]");
        }
        else if (a is SyntaxNode)
        {
            foreach (PropertyInfo property in a.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                if (property.Name is nameof(SyntaxNode.Span) or "EqualityContract" or nameof(CallStatement.Signature) || property.GetIndexParameters().Length > 0)
                    continue;
                Same(property.GetValue(a), property.GetValue(b), $"{path}.{property.Name}");
            }
        }
        else
        {
            Assert.True(a.Equals(b), $"{path}: {a} and {b}");
        }
    }
}
