using System.Reflection;

namespace Handoff.Cli;

/// <summary>The version of this program.</summary>
internal static class ProgramVersion
{
    /// <summary>SemVer with the commit it was built from: <c>0.1.0+c9f8d9112</c>.</summary>
    public static string Text { get; } = Shorten(typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0");

    // 0.1.0+c9f8d91…: nine digits of the commit are plenty.
    private static string Shorten(string text)
    {
        int plus = text.IndexOf('+', StringComparison.Ordinal);
        return plus >= 0 && text.Length > plus + 10 ? text[..(plus + 10)] : text;
    }
}
