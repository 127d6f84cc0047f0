using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.Formats;

namespace Handoff.Tracing.Tests;

public sealed class FormatTests
{
    public static TheoryData<string> Files
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var file in RecordingFiles.Roots.SelectMany(static r => Directory.GetFiles(Path.Combine(r, "formats"), "*.format", SearchOption.AllDirectories)))
                data.Add(file);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_format_file_is_understood(string file)
    {
        var text = File.ReadAllBytes(file);
        var format = FormatText.Parse(text);
        Assert.NotNull(format);
        Assert.Equal(Path.GetFileNameWithoutExtension(file), format.Name);
        Assert.Equal(System.Text.Encoding.UTF8.GetString(text).Split("field:").Length - 1, format.Fields.Count);
        var layout = EventLayout.From(format, 8, new NameTable());
        Assert.NotEqual(DmaEventKind.Unknown, layout.Kind);
        Assert.Null(layout.MissingFields());
        Assert.True(layout.Pid.IsPresent);
    }
}
